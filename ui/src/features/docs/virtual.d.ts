// What ui/scripts/docs makes of the repository's Markdown.
declare module 'virtual:docs' {
  export interface Listed {
    slug: string
    title: string
    about: string // one sentence
  }

  export interface Heading {
    depth: number
    text: string
    id: string
  }

  export interface Compiled extends Listed {
    id: string // the title's anchor
    headings: Heading[]
    html: string // of our own Markdown, without any markup that stood in it
  }

  export const groups: { title: string; pages: Listed[] }[]
  export function load(slug: string): Promise<Compiled>
}

declare module 'virtual:docs-search' {
  export interface Section {
    slug: string
    title: string // of the page
    heading: string // '' before the first one
    id: string
    text: string
  }

  export const sections: Section[]
}
