// SUM_BLOCK: so many terms are added up one after the other; a longer sum is one of blocks of so many, counted from its first term

// The rounding errors of a sum grow with its length, so that a long one is taken in two steps. The step in k of every core of products divides it.
const SUM_BLOCK = 4096u;
