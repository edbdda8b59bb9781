// Plays K3s and its peers with Go's own crypto/x509, which all of them use: signs what a certificate
// authority of ours may or may not sign, and verifies it as client-go or kube-apiserver would.
//
// Standard input is a JSON list of checks, standard output the JSON list of what is wrong with each,
// "" for nothing.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

type check struct {
	// PEM: the authority that signs first, then what it sends along.
	Authority string
	Key       string
	// PEM: whom the verifier trusts.
	Roots string
	// The leaf that the authority signs; without an authority of its own the first of Leaf is it.
	Leaf      string
	Names     []string
	Addresses []string
	User      string
	// What the verifier asks for: a name, or none for a client.
	Verify string
	// Whether the leaf is to be an authority and sign another, which is then verified.
	Through bool
	Time    time.Time
}

func main() {
	var checks []check
	if err := json.NewDecoder(os.Stdin).Decode(&checks); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	results := make([]string, len(checks))
	for i, each := range checks {
		if err := each.run(); err != nil {
			results[i] = err.Error()
		}
	}
	json.NewEncoder(os.Stdout).Encode(results)
}

func (c check) run() error {
	roots := x509.NewCertPool()
	for _, root := range certificates(c.Roots) {
		roots.AddCert(root)
	}
	leaf, chain, err := c.leaf()
	if err != nil {
		return err
	}
	intermediates := x509.NewCertPool()
	for _, each := range chain {
		intermediates.AddCert(each)
	}
	usage := x509.ExtKeyUsageServerAuth
	if c.Verify == "" {
		usage = x509.ExtKeyUsageClientAuth
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		Roots:         roots,
		Intermediates: intermediates,
		DNSName:       c.Verify,
		CurrentTime:   c.Time,
		KeyUsages:     []x509.ExtKeyUsage{usage},
	})
	return err
}

func (c check) leaf() (*x509.Certificate, []*x509.Certificate, error) {
	if c.Leaf != "" {
		if _, err := tls.X509KeyPair([]byte(c.Leaf), []byte(c.Key)); err != nil {
			return nil, nil, err
		}
		own := certificates(c.Leaf)
		return own[0], own[1:], nil
	}
	// Refuses a key that is not the certificate's.
	pair, err := tls.X509KeyPair([]byte(c.Authority), []byte(c.Key))
	if err != nil {
		return nil, nil, err
	}
	chain := certificates(c.Authority)
	signer, key := chain[0], pair.PrivateKey
	if c.Through {
		below, belowKey, err := c.sign(signer, key, true)
		if err != nil {
			return nil, nil, err
		}
		chain = append([]*x509.Certificate{below}, chain...)
		signer, key = below, belowKey
	}
	leaf, _, err := c.sign(signer, key, false)
	return leaf, chain, err
}

func (c check) sign(
	signer *x509.Certificate, signerKey any, authority bool,
) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: c.User},
		NotBefore:    c.Time.Add(-time.Hour),
		NotAfter:     c.Time.Add(time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if authority {
		template.IsCA, template.BasicConstraintsValid = true, true
		template.KeyUsage = x509.KeyUsageCertSign
	} else {
		template.DNSNames = c.Names
		for _, address := range c.Addresses {
			template.IPAddresses = append(template.IPAddresses, net.ParseIP(address))
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer, key.Public(), signerKey)
	if err != nil {
		return nil, nil, err
	}
	made, err := x509.ParseCertificate(der)
	return made, key, err
}

func certificates(text string) []*x509.Certificate {
	var found []*x509.Certificate
	for rest := []byte(text); ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			return found
		}
		one, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			panic(errors.Join(errors.New("no certificate"), err))
		}
		found = append(found, one)
	}
}
