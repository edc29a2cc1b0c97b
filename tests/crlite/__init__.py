"""CRLite: filters, SCTs and logs, without a PKI."""
