/** Address of a page of `docs/` in the repository that the manifest names. */
export function documentPage(manifest: unknown, name: string): string {
  const { repository } = manifest as { readonly repository: { readonly url: string } };
  return `${repository.url.replace(/\.git$/, '')}/blob/main/docs/${name}.md`;
}
