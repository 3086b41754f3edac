// y[i] = bits_i, for i < n; block b of the stream of key (k0, k1) gives the bits of elements 4b … 4b+3
// uses lib/random

alias Value = u32;

fn value_of(bits: u32) -> Value { return bits; }
