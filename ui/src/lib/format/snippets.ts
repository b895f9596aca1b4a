export interface Snippet {
  language: string
  code: string
}

// verifySnippets are ready receivers that check a delivery's signature with the webhook's secret.
// curl sends a signed delivery to a receiver, to try it.
export function verifySnippets(secret: string, url: string): Snippet[] {
  return [
    { language: 'Go', code: go(secret) },
    { language: 'TypeScript', code: typescript(secret) },
    { language: 'Python', code: python(secret) },
    { language: 'PHP', code: php(secret) },
    { language: 'Ruby', code: ruby(secret) },
    { language: 'curl', code: curl(secret, url) },
  ]
}

const go = (secret: string) => `// go get github.com/bot9/bot9/sdk/go
http.HandleFunc("POST /webhooks/bot9", func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	if err := bot9hooks.Verify(body, r.Header, "${secret}"); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	// Store the event here, and answer before doing slow work.
	w.WriteHeader(http.StatusNoContent)
})`

const typescript = (secret: string) => `// npm install @bot9/webhooks
import express from 'express'
import { verify } from '@bot9/webhooks'

const app = express()
app.post('/webhooks/bot9', express.raw({ type: '*/*' }), async (req, res) => {
  try {
    await verify(req.body, req.headers, '${secret}')
  } catch {
    return res.sendStatus(401)
  }
  const event = JSON.parse(req.body)
  // Store the event here, and answer before doing slow work.
  res.sendStatus(204)
})`

const python = (secret: string) => `# pip install bot9-webhooks
from bot9_webhooks import WebhookError, verify
from flask import Flask, request

app = Flask(__name__)

@app.post("/webhooks/bot9")
def receive():
    try:
        verify(request.get_data(), request.headers, "${secret}")
    except WebhookError:
        return "", 401
    event = request.get_json()
    # Store the event here, and answer before doing slow work.
    return "", 204`

const php = (secret: string) => `<?php
$secret = '${secret}';
$body = file_get_contents('php://input');
$id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
$time = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
$key = base64_decode(substr($secret, strlen('whsec_')));
$want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));

$good = false;
foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $signature) {
    $good = hash_equals($want, $signature) || $good;
}
if (!$good || abs(time() - (int) $time) > 300) {
    http_response_code(401);
    exit;
}
$event = json_decode($body, true);
// Store the event here, and answer before doing slow work.
http_response_code(204);`

const ruby = (secret: string) => `require 'base64'
require 'json'
require 'openssl'
require 'sinatra'

KEY = Base64.decode64('${secret}'.delete_prefix('whsec_'))

post '/webhooks/bot9' do
  body = request.body.read
  id = request.env['HTTP_WEBHOOK_ID'].to_s
  time = request.env['HTTP_WEBHOOK_TIMESTAMP'].to_s
  mac = OpenSSL::HMAC.digest('SHA256', KEY, "#{id}.#{time}.#{body}")
  want = "v1,#{Base64.strict_encode64(mac)}"
  signatures = request.env['HTTP_WEBHOOK_SIGNATURE'].to_s.split
  good = signatures.any? { |signature| Rack::Utils.secure_compare(want, signature) }
  halt 401 unless good && (Time.now.to_i - time.to_i).abs <= 300
  event = JSON.parse(body)
  # Store the event here, and answer before doing slow work.
  status 204
end`

const curl = (secret: string, url: string) => `# Sends a signed delivery to your receiver, as Bot9 would.
secret='${secret}'
id="evt_test_$(date +%s)" time=$(date +%s)
body='{"event":"ping","data":{},"id":"'$id'","apiVersion":"1"}'
key=$(printf %s "\${secret#whsec_}" | base64 -d | od -An -tx1 | tr -d ' \\n')
signature=$(printf %s "$id.$time.$body" |
  openssl dgst -sha256 -mac HMAC -macopt hexkey:$key -binary | base64)
curl -i '${url.replaceAll("'", "'\\''")}' \\
  -H 'content-type: application/json' \\
  -H "webhook-id: $id" -H "webhook-timestamp: $time" \\
  -H "webhook-signature: v1,$signature" --data-raw "$body"`
