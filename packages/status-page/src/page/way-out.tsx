import { useState } from 'preact/hooks';
import { visible } from '../wording.ts';

/** A command on a line of its own, with a button that copies it where the browser lets it. */
function Command({ children: command }: { readonly children: string }) {
  const [isCopied, setIsCopied] = useState(false);
  const canCopy = 'clipboard' in navigator;
  return (
    <p class="command">
      <code>{command}</code>
      {canCopy && (
        <button
          type="button"
          aria-label={`Copy: ${command}`}
          onClick={() => {
            void navigator.clipboard.writeText(command).then(() => {
              setIsCopied(true);
            });
          }}
        >
          {isCopied ? 'Copied' : 'Copy'}
        </button>
      )}
    </p>
  );
}

/**
 * What lifts a block: commands for the machine that runs CrowdSec, and where CrowdSec says what it knows of the address. The
 * network is a canonical address or range, so that it can break out of no command.
 */
export function WayOut({ networks }: { readonly networks: readonly string[] }) {
  const [first = ''] = networks;
  const single = networks.find((network) => !network.includes('/'));
  return (
    <details class="way-out">
      <summary>Let it in, or know more about it</summary>
      <p>On the machine that runs CrowdSec:</p>
      {networks.map((network) => (
        <Command
          key={network}
        >{`sudo cscli decisions delete ${network.includes('/') ? '--range' : '--ip'} ${network}`}</Command>
      ))}
      <p>So that it is never blocked again:</p>
      <Command>{'sudo cscli allowlists create mine --description "never block"'}</Command>
      <Command>{`sudo cscli allowlists add mine ${first}`}</Command>
      {single !== undefined && (
        <p>
          <a href={`https://app.crowdsec.net/cti/${single}`} target="_blank" rel="noreferrer noopener">
            What CrowdSec knows about {visible(single)}
          </a>
        </p>
      )}
    </details>
  );
}
