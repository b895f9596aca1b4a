// The mark: nine dots, the ninth lit.
export function Logo({ size = 26 }: { size?: number }) {
  const places = [9, 16, 23]
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#16191d" stroke="var(--b9-line-strong)" strokeWidth="0.6" />
      {places.map((y) =>
        places.map((x) => {
          const ninth = x === 23 && y === 23
          return <circle key={`${x}-${y}`} cx={x} cy={y} r={ninth ? 3.4 : 2.5} fill={ninth ? '#ff6a3d' : '#fff'} />
        }),
      )}
    </svg>
  )
}
