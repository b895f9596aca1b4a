import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { docs } from './scripts/docs/plugin.mjs'

// The server to develop against: `bot9 quickstart` on its default address.
const server = process.env.BOT9_URL ?? 'http://127.0.0.1:8420'

// What every page behind the login needs goes into one file, so that a page is few requests.
const ofEveryPage =
  /@floating-ui\/(react|core|dom|utils)|tabbable|@mantine\/core\/esm\/components\/(Menu|Popover|AppShell|Burger|SegmentedControl|FloatingIndicator|Skeleton)\/|@mantine\/notifications|ui\/src\/app\/shell\/|ui\/src\/lib\/(live|format\/(numbers|time|gist|url))|ui\/src\/components\/(Page|Panel|Row|Status|When|LiveMark|EventRow)\./

export default defineConfig({
  plugins: [react(), docs()],
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 4000, // the API reference is large, and loaded on its page only
    rolldownOptions: {
      // What every page begins with is one file; the rest is split by route.
      output: {
        codeSplitting: {
          groups: [
            { name: 'first', tags: ['$initial'], priority: 3 },
            { name: 'icons', test: /@tabler\/icons-react/, priority: 2 },
            { name: 'app', test: ofEveryPage, priority: 1 },
          ],
        },
      },
    },
    license: { fileName: 'assets/licenses.md' },
  },
  server: { proxy: { '/api': server, '/receiver': server } },
})
