import { describe, expect, it } from 'vitest'
import { masked, nameOf, shortUrl } from './url'

describe('URLs for people', () => {
  it('are named by description, or host', () => {
    expect(nameOf({ description: 'Orders', url: 'https://a.example/x' })).toBe('Orders')
    expect(nameOf({ description: ' ', url: 'https://a.example:8443/x' })).toBe('a.example:8443')
    expect(nameOf({ description: '', url: 'nonsense' })).toBe('nonsense')
  })
  it('keep tokens to themselves, and hosts readable', () => {
    expect(masked('https://hooks.example.com/services/T024BE7LD12345678/b?key=abc')).toBe(
      'https://hooks.example.com/services/T024…/b?key=abc',
    )
    expect(masked('https://a-very-long-host-name-2.example.com/webhooks/notifications')).toBe(
      'https://a-very-long-host-name-2.example.com/webhooks/notifications',
    )
  })
  it('are folded where they are long', () => {
    const long = `https://example.com/${'path/'.repeat(30)}end`
    expect(shortUrl(long).length).toBeLessThanOrEqual(60)
    expect(shortUrl(long)).toContain('…')
    expect(shortUrl('https://example.com/hook')).toBe('example.com/hook')
    expect(shortUrl('http://127.0.0.1:1/receiver/w3ibrvspyi6dmce7ojy6mah7fd')).toBe('127.0.0.1:1/receiver/w3ib…')
  })
})
