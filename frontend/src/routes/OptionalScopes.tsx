// What the merchant may grant beside what the app needs: what it is for, and asking for it.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useResource } from '../api/queries';
import type { Connection, OptionalAccess, Page as Rows } from '../api/types';
import { requestScopes } from '../shell/appBridge';
import { Badge, Button } from '../ui/elements';
import { Failure } from '../ui/patterns';

/** One kind of access in a line: granted, or what is missing without it and a button to grant it. */
export function OptionalScopes({ access }: { access: OptionalAccess }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const ask = useMutation({
    mutationFn: () => requestScopes(access.scopes),
    onSettled: () => queries.invalidateQueries(),
  });
  if (access.granted)
    return (
      <div className="subdued">
        {t(`optional.${access.name}.granted`)} <Badge tone="success">{t('optional.yes')}</Badge>
      </div>
    );
  return (
    <div>
      <span className="subdued">{t(`optional.${access.name}.missing`)}</span>{' '}
      <Button busy={ask.isPending} onClick={() => ask.mutate()}>
        {t('optional.grant')}
      </Button>
      {ask.error && <Failure error={ask.error} />}
    </div>
  );
}

/** The same of one kind, only where it is not granted. */
export function MissingScopes({ name }: { name: OptionalAccess['name'] }) {
  const query = useResource<Rows<Connection>>('/connections', {}, true);
  const access = query.data?.data
    .flatMap((connection) => connection.optional)
    .find((one) => one.name === name);
  return access && !access.granted ? <OptionalScopes access={access} /> : null;
}
