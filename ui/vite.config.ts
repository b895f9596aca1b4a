import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { docs } from './scripts/docs/plugin.mjs'

// The server to develop against: `bot9 quickstart` on its default address.
const server = process.env.BOT9_URL ?? 'http://127.0.0.1:8420'

export default defineConfig({
  plugins: [react(), docs()],
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 4000, // the API reference is large, and loaded on its page only
    rolldownOptions: {
      // What every page begins with is one file; the rest is split by route.
      output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } },
    },
    license: { fileName: 'assets/licenses.md' },
  },
  server: { proxy: { '/api': server, '/receiver': server } },
})
