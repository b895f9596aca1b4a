import type { components } from './api/schema'

// The chat window of websites, which the server brings along, drawn into a page of the dashboard.

export type WidgetSettings = components['schemas']['WidgetSettings']

interface Mounted {
  settings: (settings: WidgetSettings) => void
  remove: () => void
}

interface MountOptions {
  chatbot: string
  settings?: WidgetSettings // only shows what it would look like: nothing is sent
  theme: 'light' | 'dark'
}

interface Bot9 {
  mount: (where: HTMLElement, options: MountOptions) => Mounted | undefined
}

const known = () => (window as unknown as { Bot9?: Bot9 }).Bot9

let loading: Promise<Bot9> | undefined

// loadWidget loads the window once, when it is first needed. It fails where the server was built without it.
export function loadWidget(): Promise<Bot9> {
  loading ??= new Promise<Bot9>((resolve, reject) => {
    const script = document.createElement('script')
    script.src = '/widget.js'
    script.onerror = () => {
      loading = undefined
      reject(new Error('no widget'))
    }
    // Until the rest has arrived, mount keeps the call and returns nothing.
    const look = (tries: number) => {
      const bot9 = known()
      if (bot9 && bot9.mount.length > 0) resolve(bot9)
      else if (tries > 0) setTimeout(() => look(tries - 1), 50)
      else script.onerror?.('')
    }
    script.onload = () => look(200)
    document.head.append(script)
  })
  return loading
}
