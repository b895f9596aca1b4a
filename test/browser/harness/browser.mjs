// Chromium as Debian has it, driven by Playwright.
import { chromium } from 'playwright-core'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage', // containers give it 64 MB
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const WAIT_MS = 15_000

export async function startBrowser() {
  const browser = await chromium.launch({ executablePath, args, headless: true })
  return {
    // newPage opens a page of a person of its own: cookies and storage are theirs. What the page
    // complains about is in page.complaints.
    async newPage(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
      await context.grantPermissions(['clipboard-read', 'clipboard-write'])
      const page = await context.newPage()
      page.setDefaultTimeout(WAIT_MS)
      page.complaints = []
      page.on('pageerror', (error) => page.complaints.push(String(error)))
      page.on('console', (message) => {
        if (message.type() === 'error' && !/Failed to load resource|net::ERR_/.test(message.text())) {
          page.complaints.push(message.text())
        }
      })
      return page
    },
    close: () => browser.close(),
  }
}

