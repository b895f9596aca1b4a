package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const maxErrorDetail = 200 // bytes of a library's own message that are passed on

// judge turns a status into an outcome, with words for all but success.
func judge(status int) (bot9.OutcomeClass, string) {
	if status >= 200 && status < 300 {
		return bot9.OutcomeSuccess, ""
	}
	name := strings.TrimSpace(fmt.Sprint(status, " ", http.StatusText(status)))
	if status >= 300 && status < 400 {
		return bot9.OutcomeRedirect, "The endpoint answered " + name + ". Redirects are not followed: set the webhook's URL to the final address."
	}
	return bot9.OutcomeStatus, "The endpoint answered " + name + ". " + adviceFor(status)
}

// adviceFor tells what to do about a status that is neither 2xx nor 3xx.
func adviceFor(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "Check the credentials in the webhook's headers, and whether the endpoint lets this server in."
	case http.StatusNotFound:
		return "Check the path in the webhook's URL."
	case http.StatusMethodNotAllowed:
		return "The endpoint must accept POST at this path."
	case http.StatusGone:
		return "It wants no more deliveries."
	case http.StatusRequestEntityTooLarge:
		return "The endpoint must accept larger bodies."
	case http.StatusUnsupportedMediaType:
		return "The endpoint must accept application/json."
	case http.StatusTooManyRequests:
		return "It asks for fewer requests; a rate limit or maxInFlight of the webhook helps."
	case http.StatusSwitchingProtocols:
		return "A webhook's endpoint must answer with 2xx."
	}
	if status >= 500 {
		return "Its own log should tell what went wrong there."
	}
	return "It didn't accept the request; its answer may tell why."
}

// failure is an exchange that came to no complete answer.
type failure struct {
	err      error
	endpoint *Endpoint
	canceled bool // by the caller
	expired  bool // the endpoint's time limit is over
	phase    phase
	status   int // 0 if there was none
}

// explain sorts the failure and puts it into words that say what to do.
func (f *failure) explain() (bot9.OutcomeClass, string) {
	var timeout net.Error
	dns, isDNS := errors.AsType[*net.DNSError](f.err)
	dial, isOp := errors.AsType[*net.OpError](f.err)
	switch {
	case f.canceled:
		return bot9.OutcomeCanceled, "This server was stopped in the middle of the attempt. It says nothing about the endpoint."
	case f.expired:
		return bot9.OutcomeTimeout, f.timeoutWords()
	case f.own():
		return bot9.OutcomeCanceled, "This server had no file descriptor left for a connection. It says nothing about the endpoint."
	case errors.Is(f.err, errBlocked):
		return bot9.OutcomeBlocked, fmt.Sprintf("The host %s leads to an address that is not public, which webhooks may not reach unless who runs this server allows it with --allow-targets.", f.host())
	case errors.Is(f.err, errPort):
		return bot9.OutcomeBlocked, fmt.Sprintf("The port of %s belongs to another service than the web, and webhooks may not reach it unless who runs this server allows it with --allow-targets.", f.host())
	case errors.Is(f.err, errPlainHTTP):
		return bot9.OutcomeBlocked, fmt.Sprintf("Plain HTTP to %s is not allowed: use https://, or have --allow-targets name the host.", f.host())
	case isDNS:
		return bot9.OutcomeDNS, f.dnsWords(dns)
	case errors.As(f.err, &timeout) && timeout.Timeout():
		return bot9.OutcomeTimeout, f.timeoutWords()
	case isOp && dial.Op == "dial":
		return bot9.OutcomeConnect, f.connectWords()
	}
	if words := f.tlsWords(); words != "" {
		return bot9.OutcomeTLS, words
	}
	return bot9.OutcomeProtocol, f.protocolWords()
}

// own tells whether the failure is this process's: it, or its machine, has as many files and connections open as
// it may, so that no connection was begun. The resolver passes on only the words of such an error.
func (f *failure) own() bool {
	for _, none := range []error{syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(f.err, none) {
			return true
		}
		if dns, ok := errors.AsType[*net.DNSError](f.err); ok && strings.Contains(dns.Err, none.Error()) {
			return true
		}
	}
	return false
}

// host names the endpoint as the webhook's URL does.
func (f *failure) host() string { return f.endpoint.target.Host }

func (f *failure) timeoutWords() string {
	limit := fmt.Sprintf(" within %d s.", int(f.endpoint.timeout.Seconds()))
	switch f.phase {
	case phaseDial:
		return "No connection to " + f.host() + " could be made" + limit + " Check that the endpoint runs and that no firewall drops the connection."
	case phaseTLS:
		return "The TLS handshake with " + f.host() + " did not end" + limit
	case phaseSend:
		return "The endpoint did not take in the request" + limit
	case phaseWait:
		return "The endpoint did not answer" + limit + " It should answer at once and do slow work afterwards."
	}
	return "The endpoint did not finish its answer" + limit
}

func (f *failure) dnsWords(err *net.DNSError) string {
	name := f.endpoint.target.Hostname()
	if err.IsNotFound {
		return "No address was found for the name " + name + ". Check the host in the webhook's URL."
	}
	return "The name server gave no answer for the name " + name + ". This may pass by itself."
}

func (f *failure) connectWords() string {
	switch {
	case errors.Is(f.err, syscall.ECONNREFUSED):
		return "The connection to " + f.host() + " was refused. Check that the endpoint runs, and the port in the webhook's URL."
	case errors.Is(f.err, syscall.EHOSTUNREACH), errors.Is(f.err, syscall.ENETUNREACH):
		return "There is no way to " + f.host() + " in the network."
	}
	return "No connection to " + f.host() + " could be made (" + detail(f.err) + ")."
}

// tlsWords returns "" if the failure is not about TLS.
func (f *failure) tlsWords() string {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](f.err); ok {
		return invalidCertificateWords(invalid)
	}
	if other, ok := errors.AsType[x509.HostnameError](f.err); ok {
		return "The certificate is not for the name " + other.Host + ". Check the host in the webhook's URL, or have the certificate name it."
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](f.err); ok {
		return "The certificate is not signed by an authority that this server trusts. It may be self-signed, or the endpoint doesn't send its intermediate certificates."
	}
	_, notTLS := errors.AsType[tls.RecordHeaderError](f.err)
	if notTLS || errors.Is(f.err, http.ErrSchemeMismatch) {
		return "The endpoint doesn't speak TLS at this port. Check the port in the webhook's URL."
	}
	if alert := remoteAlert(f.err); alert != "" {
		return alertWords(alert, f.phase)
	}
	if f.phase == phaseTLS {
		return "The TLS handshake failed (" + detail(f.err) + ")."
	}
	return ""
}

// remoteAlert returns the TLS alert that the endpoint sent, "" if it sent none. With TLS 1.3 it may come
// when the handshake is over for this side, as the first thing that is read.
func remoteAlert(err error) string {
	for _, e := range leaves(err) {
		if alert, ok := errors.AsType[*net.OpError](e); ok && alert.Op == "remote error" {
			return strings.TrimPrefix(alert.Err.Error(), "tls: ")
		}
	}
	return ""
}

// leaves returns the errors that were joined into one.
func leaves(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// alertWords says what to do about an alert (RFC 8446 §6.2). Servers that want a client certificate say so by
// different ones, older ones as a failed handshake.
func alertWords(alert string, at phase) string {
	const advice = " A webhook has none: let the endpoint accept requests without one, and verify their signature instead."
	switch alert {
	case "certificate required":
		return "The endpoint demands a client certificate." + advice
	case "bad certificate", "unknown certificate", "unknown certificate authority", "access denied":
		if at > phaseTLS || alert == "access denied" {
			return "The endpoint refused this client by the TLS alert “" + alert + "”: it probably demands a client certificate." + advice
		}
	case "handshake failure":
		return "The endpoint refused the TLS handshake (alert “handshake failure”). It has no cipher in common with this server, or demands a client certificate, which a webhook has not."
	case "unrecognized name":
		return "The endpoint serves no site of that name over TLS (alert “unrecognized name”). Check the host in the webhook's URL."
	}
	return "The endpoint broke TLS off (alert “" + alert + "”)."
}

func invalidCertificateWords(invalid x509.CertificateInvalidError) string {
	const day = "2006-01-02 15:04 MST"
	if invalid.Reason != x509.Expired || invalid.Cert == nil {
		return "The certificate is not valid (" + detail(invalid) + ")."
	}
	if time.Now().Before(invalid.Cert.NotBefore) {
		return "The certificate is not valid before " + invalid.Cert.NotBefore.UTC().Format(day) + ". Check both machines' clocks."
	}
	return "The certificate expired on " + invalid.Cert.NotAfter.UTC().Format(day) + ". Renew it."
}

func (f *failure) protocolWords() string {
	text := f.err.Error()
	switch {
	case f.status != 0:
		return fmt.Sprintf("The endpoint answered %d, but its answer broke off before the end.", f.status)
	case strings.Contains(text, "response headers exceeded"), strings.Contains(text, "response header list larger"):
		return fmt.Sprintf("The headers of the endpoint's answer are larger than %d KiB.", maxAnswerHeader>>10)
	case errors.Is(f.err, errDeadConnection), errors.Is(f.err, io.EOF), errors.Is(f.err, io.ErrUnexpectedEOF),
		errors.Is(f.err, syscall.ECONNRESET), errors.Is(f.err, syscall.EPIPE), errors.Is(f.err, net.ErrClosed), strings.Contains(text, "server closed idle connection"):
		return "The endpoint closed the connection without an answer."
	}
	return "The endpoint's answer is not valid HTTP (" + detail(f.err) + ")."
}

// detail is a library's own message, short and fit for storing.
func detail(err error) string { return bounded(storable(err.Error()), maxErrorDetail) }
