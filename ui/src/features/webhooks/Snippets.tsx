import { Tabs } from '@mantine/core'
import { Code } from '../../components/Code'
import { verifySnippets } from '../../lib/format/snippets'
import { t } from '../../lib/strings'
import css from './webhooks.module.css'

export function Snippets({ secret, url }: { secret: string; url: string }) {
  const snippets = verifySnippets(secret, url)
  return (
    <Tabs defaultValue={snippets[0]?.language} variant="pills" classNames={{ tab: css.language }} keepMounted={false}>
      <Tabs.List mb="sm">
        {snippets.map((snippet) => (
          <Tabs.Tab key={snippet.language} value={snippet.language}>
            {snippet.language}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {snippets.map((snippet) => (
        <Tabs.Panel key={snippet.language} value={snippet.language}>
          <Code text={snippet.code} label={`${t.webhooks.verify}: ${snippet.language}`} />
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}
