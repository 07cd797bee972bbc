// Asking for a report now.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { Report, Standing } from '../../api/reports';
import { toast } from '../../shell/appBridge';

export function useRequest() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ of, starts_at }: { of: Standing; starts_at?: string }) =>
      send<Report>('POST', '/reports', {
        connection_id: of.connection.id,
        marketplace: of.marketplace,
        kind: of.kind,
        starts_at: starts_at ?? null,
      }),
    onSuccess: () => toast(t('reports.requested')),
    onSettled: () => queries.invalidateQueries(),
  });
}
