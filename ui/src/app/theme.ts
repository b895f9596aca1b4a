import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core'

const cobalt: MantineColorsTuple = [
  '#eef3ff',
  '#dde6fd',
  '#b9caf8',
  '#8fb0ff',
  '#6a8cf0',
  '#4a70e2',
  '#2a58d6',
  '#1f4fd1',
  '#1a42b0',
  '#163690',
]

const dark: MantineColorsTuple = [
  '#ecedee',
  '#c8ccd1',
  '#a1a7af',
  '#7c828b',
  '#343940',
  '#272b31',
  '#1f2227',
  '#131518',
  '#0e1012',
  '#090a0c',
]

// A plain button is ink on paper; colour is left to what has a meaning.
const variantColorResolver: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input)
  const neutral = !input.color || input.color === input.theme.primaryColor
  if (input.variant === 'filled' && neutral) {
    return {
      ...colors,
      background: 'var(--b9-ink)',
      hover: 'var(--b9-ink-hover)',
      color: 'var(--b9-paper)',
      border: '1px solid transparent',
    }
  }
  if (input.variant === 'filled' && input.color === 'red') {
    return {
      ...colors,
      background: 'var(--b9-bad-fill)',
      hover: 'var(--b9-bad-fill)',
      color: '#fff',
      border: '1px solid transparent',
    }
  }
  if (input.variant === 'default') {
    return { ...colors, background: 'var(--b9-surface)', hover: 'var(--b9-sunken)', border: '1px solid var(--b9-line)' }
  }
  if (input.variant === 'subtle' && neutral) {
    return { ...colors, color: 'var(--b9-ink)', hover: 'var(--b9-sunken)' }
  }
  if (input.variant === 'subtle' && input.color === 'red') {
    return { ...colors, color: 'var(--b9-bad)', hover: 'var(--b9-bad-ground)' }
  }
  return colors
}

export const theme = createTheme({
  primaryColor: 'cobalt',
  primaryShade: { light: 7, dark: 5 },
  colors: { cobalt, dark },
  fontFamily: "'Geist Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'Geist Mono Variable', ui-monospace, monospace",
  headings: {
    fontFamily: "'Geist Variable', system-ui, sans-serif",
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.625rem', lineHeight: '1.2' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.35' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  defaultRadius: 8,
  cursorType: 'pointer',
  respectReducedMotion: true,
  variantColorResolver,
  components: {
    // The resolver above is asked only where a variant is named.
    Button: { defaultProps: { size: 'sm', variant: 'filled' } },
    Modal: {
      defaultProps: { centered: true, radius: 12, overlayProps: { backgroundOpacity: 0.4, blur: 2 } },
      styles: { title: { fontSize: '1.0625rem', fontWeight: 600, letterSpacing: '-0.018em' } },
    },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250 } },
    Anchor: { defaultProps: { c: 'var(--b9-accent)', underline: 'hover' } },
  },
})

export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': 'var(--b9-ground)',
    '--mantine-color-text': 'var(--b9-ink)',
    '--mantine-color-dimmed': 'var(--b9-dim)',
    '--mantine-color-placeholder': 'var(--b9-faint)',
    '--mantine-color-default-border': 'var(--b9-line)',
    '--mantine-color-error': 'var(--b9-bad)',
  },
  dark: {
    '--mantine-color-body': 'var(--b9-ground)',
    '--mantine-color-text': 'var(--b9-ink)',
    '--mantine-color-dimmed': 'var(--b9-dim)',
    '--mantine-color-placeholder': 'var(--b9-faint)',
    '--mantine-color-default-border': 'var(--b9-line)',
    '--mantine-color-error': 'var(--b9-bad)',
  },
})
