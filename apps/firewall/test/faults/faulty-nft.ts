/**
 * What stands in the PATH of the connector as `nft`: the real program in the namespace of the test, harmed as the file
 * `mode` beside it says. Every call is counted in `calls`. A write is a call with a script that is not only tried.
 */
export function faultyNft(folder: string, namespace: string): string {
  return `#!/bin/sh
real() { exec ip netns exec ${namespace} "$@"; }
cd ${folder}
printf x >>calls
mode=$(cat mode)
case " $* " in *' -c '*) write=;; *' -f '*) write=yes;; *) write=;; esac
case $mode in
unreachable) echo 'Unable to initialize Netlink socket: Protocol not supported' >&2; exit 3;;
hang) exec sleep 600;;
powerless) real setpriv --reuid=65534 --regid=65534 --clear-groups /usr/sbin/nft "$@";;
killed) if [ $write ]; then echo >mode; head -c 60 >/dev/null; kill -9 $$; fi;;
half) if [ $write ]; then
	echo >mode; cat >script
	head -c $(($(wc -c <script) / 2)) script | ip netns exec ${namespace} /usr/sbin/nft -f -
	kill -9 $$
fi;;
hold) if [ $write ]; then : >reached; while [ "$(cat mode)" = hold ]; do sleep 0.05; done; fi;;
esac
real /usr/sbin/nft "$@"
`;
}

/** How `nft` is harmed; empty: not at all. */
export type NftMode = '' | 'unreachable' | 'hang' | 'powerless' | 'killed' | 'half' | 'hold';
