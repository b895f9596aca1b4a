import { Button, Stack } from '@mantine/core'
import { IconMessageCheck, IconNotebook, IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Empty } from '../../components/Empty'
import { ErrorNote } from '../../components/Note'
import { Page } from '../../components/Page'
import { Panel } from '../../components/Panel'
import { RowLink, RowSkeletons } from '../../components/Row'
import { Rows } from '../../components/Rows'
import { Badge } from '../../components/Status'
import { TryBot } from '../../components/TryBot'
import { When } from '../../components/When'
import { documentsQuery } from '../../lib/api/queries'
import { useMay } from '../../lib/permissions'
import { t } from '../../lib/strings'
import { DocumentEditor } from './DocumentEditor'
import css from './knowledge.module.css'
import { MeaningStatus } from './MeaningStatus'
import { Threshold } from './Threshold'
import { TryQuestion } from './TryQuestion'

const HEADING_MARKS = /^#{1,6} +/gm

export function KnowledgePage() {
  const { chatbotId } = useParams({ from: '/app/$chatbotId/knowledge' })
  const { document, q } = useSearch({ from: '/app/$chatbotId/knowledge' })
  const navigate = useNavigate({ from: '/$chatbotId/knowledge' })
  const documents = useInfiniteQuery(documentsQuery(chatbotId))
  const mayEdit = useMay('developer')
  const items = documents.data?.pages.flatMap((page) => page.data)
  const open = (id: string | undefined) => navigate({ search: (before) => ({ ...before, document: id }) })
  const add = mayEdit && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => open('new')}>
      {t.knowledge.add}
    </Button>
  )
  return (
    <Page title={t.knowledge.title} lead={t.knowledge.lead} actions={items?.length ? add : undefined}>
      <MeaningStatus chatbotId={chatbotId} />
      <div className={css.layout}>
        <Panel title={t.knowledge.documents}>
          {documents.isPending && <RowSkeletons />}
          {documents.isError && !items && <ErrorNote error={documents.error} retry={documents.refetch} />}
          {items?.length === 0 && (
            <Empty icon={IconNotebook} title={t.knowledge.empty} action={add}>
              {t.knowledge.emptyLead}
            </Empty>
          )}
          {items && items.length > 0 && (
            <Rows
              items={items}
              keyOf={(item) => item.id}
              height={64}
              label={t.knowledge.documents}
              more={documents.hasNextPage && !documents.isFetching ? documents.fetchNextPage : undefined}
            >
              {(item) => (
                <RowLink
                  to="/$chatbotId/knowledge"
                  params={{ chatbotId }}
                  search={{ q, document: item.id }}
                  className={css.document}
                >
                  <span className="clip" style={{ fontWeight: 550 }}>
                    {item.title}
                    {item.kind === 'answer' && (
                      <span style={{ marginLeft: 8 }}>
                        <Badge tone="info" icon={IconMessageCheck}>
                          {t.knowledge.kinds.answer}
                        </Badge>
                      </span>
                    )}
                  </span>
                  <When at={item.updatedAt} className="dim num" />
                  <span className="clip dim">{item.text.replace(HEADING_MARKS, '')}</span>
                </RowLink>
              )}
            </Rows>
          )}
        </Panel>
        <Stack gap="lg">
          <TryQuestion
            chatbotId={chatbotId}
            question={q}
            ask={(question) =>
              navigate({ search: (before) => ({ ...before, q: question || undefined }), replace: true })
            }
          />
          <TryBot chatbotId={chatbotId} />
          {mayEdit && <Threshold chatbotId={chatbotId} />}
        </Stack>
      </div>
      {document && <DocumentEditor chatbotId={chatbotId} documentId={document} close={() => open(undefined)} />}
    </Page>
  )
}
