/** How something is. Never told by colour alone: each has a shape, and stands beside its word. */
export type Mood = 'good' | 'wait' | 'bad' | 'plain';

const shapes: Readonly<Record<Mood, string>> = {
  good: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.6 5.300-4.200 4.700a.8.8 0 0 1-1.200 0L4.400 9.200l1.100-1.100 1.300 1.300 3.600-4.100z',
  wait: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.600a5.400 5.400 0 1 1 0 10.800A5.400 5.400 0 0 1 8 2.600ZM7.200 4.500h1.600v3.300l2.300 1.300-.8 1.400-3.100-1.800z',
  bad: 'M7.100 1.600 .8 12.900c-.4.7.1 1.600.9 1.600h12.600c.8 0 1.300-.9.9-1.600L8.900 1.600a1.050 1.050 0 0 0-1.800 0ZM7.200 5.500h1.600v4.700H7.200Zm0 5.900h1.600V13H7.200Z',
  plain: 'M8 4.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7Z',
};

/** The shape of a mood. */
export function Mark({ mood }: { readonly mood: Mood }) {
  return (
    <svg class={`mark ${mood}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path fill="currentColor" fill-rule="evenodd" d={shapes[mood]} />
    </svg>
  );
}

/** A word with its shape. */
export function State({ mood, children }: { readonly mood: Mood; readonly children: string }) {
  return (
    <span class={`state ${mood}`}>
      <Mark mood={mood} />
      {children}
    </span>
  );
}
