// y[i] = normal_of(bits_i), standard normal, for i < n; block first + j of the stream of key (k0, k1) gives the bits of elements 4j … 4j+3
// uses lib/random

alias Value = f32;

fn value_of(bits: u32) -> Value { return normal_of(bits); }
