import { Progress } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Note } from '../../components/Note'
import { knowledgeStatusQuery } from '../../lib/api/queries'
import { count } from '../../lib/format/numbers'
import { t } from '../../lib/strings'
import css from './knowledge.module.css'

// MeaningStatus tells what questions by meaning don't find yet, and nothing if they find everything.
export function MeaningStatus({ chatbotId }: { chatbotId: string }) {
  const { data } = useQuery(knowledgeStatusQuery(chatbotId))
  if (!data || data.meaning === 'ready') return null
  if (data.meaning === 'off') {
    return (
      <div className={css.status}>
        <Note tone="warn" title={t.knowledge.meaningOff}>
          {t.knowledge.meaningOffLead}
        </Note>
      </div>
    )
  }
  return (
    <div className={css.status}>
      <Note tone="info" title={t.knowledge.meaningWorking(count(data.encoded), count(data.documents))}>
        {t.knowledge.meaningWorkingLead}
        <Progress
          mt="xs"
          aria-label={t.knowledge.meaningProgress}
          value={(100 * data.encoded) / Math.max(data.documents, 1)}
        />
      </Note>
    </div>
  )
}
