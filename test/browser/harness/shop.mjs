// A website of somebody else's: another origin, with a Content-Security-Policy that lets nothing but the widget in.
import { once } from 'node:events'
import { createServer } from 'node:http'

export async function startShop(server) {
  let body = ''
  const pages = createServer((request, response) => {
    const rtl = request.url.includes('rtl') ? ' dir="rtl"' : ''
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src ${server.url} 'nonce-page'; connect-src ${server.url}; img-src ${server.url}; base-uri 'none'`,
    })
    response.end(
      `<!doctype html><html lang="en"${rtl}><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
        `<title>Shop</title><body><main><h1>Shop</h1><p>Everything for your garden.</p></main>${body}</body></html>`,
    )
  }).listen(0, '127.0.0.1')
  await once(pages, 'listening')
  return {
    url: `http://127.0.0.1:${pages.address().port}`,
    // embed puts the widget onto every page, as its documentation says.
    embed(chatbotId) {
      body = `<script src="${server.url}/widget.js" data-chatbot="${chatbotId}" async></script>`
    },
    show(html) {
      body = html
    },
    async close() {
      pages.closeAllConnections()
      pages.close()
      await once(pages, 'close')
    },
  }
}
