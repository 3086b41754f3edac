/** The element-wise ops of one tensor: each row of the two tables is one. */
export * from "./activation_table.ts";
export * from "./unary_table.ts";
