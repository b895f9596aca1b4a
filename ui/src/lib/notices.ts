import { keep, kept } from './kept'

// Whether this browser tells of conversations that wait, by a sound and by a notice of the desktop. Somebody is asked
// once, and may change it afterwards.

export type Notices = 'unasked' | 'on' | 'off'

const NAME = 'bot9.notices'
const listeners = new Set<() => void>()

export const notices = {
  get(): Notices {
    const value = kept(NAME)
    return value === 'on' || value === 'off' ? value : 'unasked'
  },
  set(value: 'on' | 'off') {
    keep(NAME, value)
    for (const listener of listeners) listener()
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}

// turnOn asks the browser for its permission. Without it there is still the sound.
export async function turnOnNotices() {
  notices.set('on')
  if ('Notification' in window && Notification.permission === 'default') await Notification.requestPermission()
  chime()
}

// chime is two short tones.
export function chime() {
  try {
    const audio = new AudioContext()
    for (const [at, pitch] of [
      [0, 660],
      [0.12, 880],
    ] as const) {
      const tone = audio.createOscillator()
      const volume = audio.createGain()
      tone.frequency.value = pitch
      volume.gain.setValueAtTime(0.08, audio.currentTime + at)
      volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + at + 0.25)
      tone.connect(volume).connect(audio.destination)
      tone.start(audio.currentTime + at)
      tone.stop(audio.currentTime + at + 0.3)
    }
    setTimeout(() => void audio.close(), 1_000)
  } catch {
    // There is no sound here, or the browser wants a click first.
  }
}

// showNotice shows a notice of the desktop where nobody looks at the page.
export function showNotice(title: string, body: string, open: () => void) {
  if (!document.hidden || !('Notification' in window) || Notification.permission !== 'granted') return
  const notice = new Notification(title, { body, tag: 'bot9-inbox', icon: '/icon.svg' })
  notice.onclick = () => {
    window.focus()
    open()
    notice.close()
  }
}
