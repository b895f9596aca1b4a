package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// ClientIPBehind returns what tells a request's client where proxies stand in front, given by their
// CIDRs or addresses. Each proxy adds the address that it was called from to the end of
// X-Forwarded-For, so the client is the last one there that is no trusted proxy; what stands before
// it anybody could have written. It fails with Invalid "invalidSetting".
func ClientIPBehind(proxies []string) (func(*http.Request) string, error) {
	isTrusted, err := TrustedProxies(proxies)
	if err != nil {
		return nil, err
	}
	return func(r *http.Request) string {
		client, err := netip.ParseAddrPort(r.RemoteAddr)
		switch {
		case err != nil:
			return remoteIP(r)
		case !isTrusted(client.Addr()):
			return label(client.Addr())
		}
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		last := client.Addr()
		for _, hop := range slices.Backward(hops) {
			addr, ok := parseHop(strings.TrimSpace(hop))
			if !ok {
				break // whoever wrote this didn't say who called; that one is as far back as we know
			}
			if last = addr; !isTrusted(addr) {
				break
			}
		}
		return label(last)
	}, nil
}

// TrustedProxies tells which addresses are those of the proxies in front: CIDRs or addresses. It fails with Invalid
// "invalidSetting".
func TrustedProxies(proxies []string) (func(netip.Addr) bool, error) {
	trusted := make([]netip.Prefix, len(proxies))
	for i, text := range proxies {
		prefix, err := netip.ParsePrefix(text)
		if addr, addrErr := netip.ParseAddr(text); addrErr == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return nil, bot9.Errorf(bot9.Invalid, "invalidSetting", "trusted-proxies must be CIDRs or IP addresses, like 10.0.0.0/8; %q is neither.", text)
		}
		trusted[i] = prefix.Masked()
	}
	return func(addr netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr.Unmap().WithZone("")) })
	}, nil
}

// parseHop reads an address, with or without a port.
func parseHop(text string) (netip.Addr, bool) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr, true
	}
	hop, err := netip.ParseAddrPort(text)
	return hop.Addr(), err == nil
}
