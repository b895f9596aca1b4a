import { groups } from 'virtual:docs'
import { useMediaQuery } from '@mantine/hooks'
import { Link, useLocation } from '@tanstack/react-router'
import { t } from '../../lib/strings'
import css from './docs.module.css'
import { Search } from './Search'

// DocsNav lists all pages; on a narrow window they unfold.
export function DocsNav() {
  const wide = useMediaQuery('(min-width: 62em)', true, { getInitialValueInEffect: false })
  const { pathname } = useLocation()
  return (
    <aside className={css.side}>
      <Search />
      {wide ? (
        <Pages />
      ) : (
        <details className={css.unfold} key={pathname}>
          <summary>{t.docs.home}</summary>
          <Pages />
        </details>
      )}
    </aside>
  )
}

function Pages() {
  return (
    <nav aria-label={t.docs.pages} className={css.pages}>
      <Link to="/docs" activeOptions={{ exact: true }} className={css.pageLink}>
        {t.docs.title}
      </Link>
      <Link to="/docs/reference" className={css.pageLink}>
        {t.docs.reference}
      </Link>
      {groups.map((group) => (
        <div key={group.title}>
          <p className={css.groupTitle}>{group.title}</p>
          {group.pages.map((page) => (
            <Link key={page.slug} to="/docs/$page" params={{ page: page.slug }} className={css.pageLink}>
              {page.title}
            </Link>
          ))}
        </div>
      ))}
    </nav>
  )
}
