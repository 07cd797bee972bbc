import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Flask serves the build below /static/app/ and reads the manifest for the entry's name.
export default defineConfig({
  base: '/static/app/',
  plugins: [react()],
  build: {
    rollupOptions: { input: 'src/main.tsx' },
    outDir: '../app/static/app',
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
  },
  server: { proxy: { '/api': 'http://localhost:8000' } },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'] },
});
