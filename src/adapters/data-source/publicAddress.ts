import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Ranges of the IANA registries of special-purpose addresses that lead to this machine, its network, or nowhere. */
const CLOSED_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** Of IPv6 only this is public; what it has besides are tunnels to IPv4 and examples. */
const OPEN_IPV6 = ['2000::', 3] as const;
const CLOSED_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const closed = new BlockList();
for (const [address, bits] of CLOSED_IPV4) closed.addSubnet(address, bits, 'ipv4');
for (const [address, bits] of CLOSED_IPV6) closed.addSubnet(address, bits, 'ipv6');
const open = new BlockList();
open.addSubnet(...OPEN_IPV6, 'ipv6');

/** Is it an address of the Internet, and none of this machine or its network? False for whatever is no address. */
export const isPublicAddress = (address: string): boolean => {
  if (isIPv4(address)) return !closed.check(address, 'ipv4');
  return isIPv6(address) && open.check(address, 'ipv6') && !closed.check(address, 'ipv6');
};
