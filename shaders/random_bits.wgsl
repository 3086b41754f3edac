// y[i] = bits_i, for i < n; block first + j of the stream of key (k0, k1) gives the bits of elements 4j … 4j+3
// uses lib/random

alias Value = u32;

fn value_of(bits: u32) -> Value { return bits; }
