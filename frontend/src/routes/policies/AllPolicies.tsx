// Every policy there is.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import type { Policy } from '../../api/types';
import { Button, Card } from '../../ui/elements';
import { Empty, Failure, Table } from '../../ui/patterns';
import type { Target } from './Edit';
import { summary } from './terms';

export function AllPolicies(props: { policies: Policy[]; edit: (target: Target) => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: (one: Policy) =>
      send('PUT', '/policies', {
        item_id: one.item?.id ?? null,
        group_id: one.group?.id ?? null,
        location_id: one.location?.id ?? null,
      }),
    onSettled: () => queries.invalidateQueries(),
  });
  const name = (one: Policy) => {
    if (one.item) return one.item.sku || one.item.title;
    return one.group ? t('policies.groupOf', { name: one.group.name }) : t('policies.everything');
  };
  return (
    <Card heading={t('policies.allPolicies')} flush>
      {remove.error && <Failure error={remove.error} />}
      {props.policies.length === 0 ? (
        <Empty>{t('policies.noPolicies')}</Empty>
      ) : (
        <Table
          label={t('policies.allPolicies')}
          rows={props.policies}
          rowKey={(one) => `${name(one)}/${one.location?.id ?? ''}`}
          columns={[
            { key: 'for', label: t('policies.for'), show: name },
            {
              key: 'location',
              label: t('policies.location'),
              show: (one) => one.location?.name ?? t('policies.everywhere'),
            },
            {
              key: 'says',
              label: t('policies.after'),
              show: (one) => summary(t, { ...one.terms }),
            },
            {
              key: 'edit',
              label: '',
              show: (one) => (
                <span>
                  <Button onClick={() => props.edit(one)}>{t('policies.change')}</Button>
                  <Button
                    busy={remove.isPending && remove.variables === one}
                    onClick={() => remove.mutate(one)}
                  >
                    {t('policies.remove')}
                  </Button>
                </span>
              ),
            },
          ]}
        />
      )}
    </Card>
  );
}
