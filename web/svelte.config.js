// Svelte without SvelteKit: only the compiler options that Vite and svelte-check share.
export default { compilerOptions: { runes: true } };
