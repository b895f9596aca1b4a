import { Stack, Text } from '@mantine/core'
import { Code } from '../../components/Code'
import css from '../../components/deliveries/deliveries.module.css'
import { Note } from '../../components/Note'
import { Panel } from '../../components/Panel'
import type { Attempt } from '../../lib/api/shapes'
import { failureWords, firstSentence } from '../../lib/format/failure'
import { looksLikeJson, pretty } from '../../lib/format/highlight'
import { duration } from '../../lib/format/numbers'
import { t } from '../../lib/strings'

// AttemptPanels shows what came of an attempt: why it failed, what was answered.
export function AttemptPanels({ attempt }: { attempt: Attempt }) {
  const failure = failureWords(attempt.outcome, attempt.responseStatus)
  const answered = attempt.responseStatus !== undefined
  return (
    <>
      {failure && (
        <Note tone="bad" title={failure.title}>
          {attempt.error && `${firstSentence(attempt.error)}.`}
          <div>
            <strong>{t.webhooks.whatToDo}:</strong> {failure.advice}
          </div>
        </Note>
      )}
      <Panel
        title={`${t.deliveries.response}${answered ? ` · ${attempt.responseStatus}` : ''}`}
        aside={<span className="dim num">{duration(attempt.durationMs)}</span>}
        padded
      >
        <Stack gap="md">
          {!answered && <Text c="dimmed">{t.deliveries.noResponse}</Text>}
          {attempt.responseHeaders && <Headers headers={attempt.responseHeaders} />}
          {attempt.responseBody && (
            <Code
              text={pretty(attempt.responseBody)}
              label={`${t.deliveries.response}: ${t.deliveries.body}`}
              json={looksLikeJson(attempt.responseBody)}
              wrap
            />
          )}
          {answered && !attempt.responseBody && <Text c="dimmed">{t.deliveries.noBody}</Text>}
          {attempt.responseTruncated && <Text c="dimmed">{t.deliveries.truncated}</Text>}
          <Timing attempt={attempt} />
        </Stack>
      </Panel>
    </>
  )
}

// SentTo is the head of an attempt's request; the body is the same in all of them.
export function SentTo({ attempt }: { attempt: Attempt }) {
  return (
    <>
      <Text className="mono wrap-anywhere">POST {attempt.url}</Text>
      <Headers headers={attempt.requestHeaders} />
    </>
  )
}

function Headers({ headers }: { headers: Record<string, string> }) {
  const names = Object.keys(headers).sort()
  return (
    <dl className={css.headers} aria-label={t.deliveries.headers}>
      {names.map((name) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{headers[name]}</dd>
        </div>
      ))}
    </dl>
  )
}

// Timing shows what an attempt's time went into.
function Timing({ attempt }: { attempt: Attempt }) {
  const { dnsMs, connectMs, tlsMs, firstByteMs, connectionReused } = attempt.timing
  const parts = [
    { name: t.deliveries.dns, ms: dnsMs, color: 'var(--b9-warn-mark)' },
    { name: t.deliveries.connect, ms: connectMs, color: 'var(--b9-ok-mark)' },
    { name: t.deliveries.tls, ms: tlsMs, color: 'var(--b9-code-word)' },
    { name: t.deliveries.firstByte, ms: firstByteMs, color: 'var(--b9-accent)' },
  ].filter((part) => part.ms > 0)
  const total = Math.max(
    attempt.durationMs,
    parts.reduce((sum, part) => sum + part.ms, 0),
    0.001,
  )
  if (parts.length === 0) return null
  return (
    <div>
      <div className={css.bar} aria-hidden>
        {parts.map((part) => (
          <div key={part.name} style={{ width: `${(100 * part.ms) / total}%`, background: part.color }} />
        ))}
      </div>
      <div className={`${css.legend} num`}>
        {parts.map((part) => (
          <span key={part.name}>
            <i style={{ background: part.color }} aria-hidden />
            {part.name} {duration(part.ms)}
          </span>
        ))}
        {connectionReused && <span className="dim">{t.deliveries.reused}</span>}
      </div>
    </div>
  )
}
