// Groups of items that one policy can be made for.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import { useResource } from '../../api/queries';
import type { Group, Item, ItemBrief, Page as Rows } from '../../api/types';
import { toast } from '../../shell/appBridge';
import { Button, Card, SearchField, TextField } from '../../ui/elements';
import { Empty, Failure, Table } from '../../ui/patterns';

interface Draft {
  id: number | null;
  name: string;
  items: ItemBrief[];
}
const NEW: Draft = { id: null, name: '', items: [] };

export function Groups({ groups }: { groups: Group[] }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Draft | null>(null);
  const remove = useMutation({
    mutationFn: (group: Group) => send('DELETE', `/policies/groups/${group.id}`),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Card heading={t('policies.groups')}>
      {remove.error && <Failure error={remove.error} />}
      {groups.length === 0 && !draft && <Empty>{t('policies.noGroups')}</Empty>}
      {groups.length > 0 && (
        <Table
          label={t('policies.groups')}
          rows={groups}
          rowKey={(group) => group.id}
          columns={[
            { key: 'name', label: t('policies.group'), show: (group) => group.name },
            {
              key: 'items',
              label: t('policies.item'),
              show: (group) => (
                <span>
                  {t('policies.members', { count: group.items.length })}
                  <div className="subdued">
                    {group.items
                      .slice(0, 6)
                      .map((item) => item.sku || item.title)
                      .join(', ')}
                    {group.items.length > 6 && ' …'}
                  </div>
                </span>
              ),
            },
            {
              key: 'edit',
              label: '',
              show: (group) => (
                <span>
                  <Button onClick={() => setDraft(group)}>{t('policies.change')}</Button>
                  <Button
                    busy={remove.isPending && remove.variables === group}
                    onClick={() => remove.mutate(group)}
                  >
                    {t('policies.remove')}
                  </Button>
                </span>
              ),
            },
          ]}
        />
      )}
      {draft ? (
        <Write key={draft.id ?? 'new'} draft={draft} done={() => setDraft(null)} />
      ) : (
        <div className="footer">
          <Button onClick={() => setDraft(NEW)}>{t('policies.newGroup')}</Button>
        </div>
      )}
    </Card>
  );
}

function Write(props: { draft: Draft; done: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState(props.draft.name);
  const [items, setItems] = useState(props.draft.items);
  const [search, setSearch] = useState('');
  const found = useResource<Rows<Item>>('/items', { search, limit: 8 });
  const save = useMutation({
    mutationFn: () => {
      const body = { name, item_ids: items.map((item) => item.id) };
      return props.draft.id === null
        ? send('POST', '/policies/groups', body)
        : send('PUT', `/policies/groups/${props.draft.id}`, body);
    },
    onSuccess: () => {
      toast(t('common.saved'));
      props.done();
    },
    onSettled: () => queries.invalidateQueries(),
  });
  const chosen = new Set(items.map((item) => item.id));
  return (
    <div>
      {save.error && <Failure error={save.error} />}
      <div className="filters">
        <TextField label={t('policies.groupName')} value={name} onChange={setName} />
        <SearchField label={t('policies.findItems')} value={search} onChange={setSearch} />
      </div>
      <ul className="ways">
        {items.map((item) => (
          <li key={item.id}>
            <div className="grow">
              {item.sku} <span className="subdued">{item.title}</span>
            </div>
            <Button onClick={() => setItems(items.filter((one) => one.id !== item.id))}>
              {t('policies.remove')}
            </Button>
          </li>
        ))}
        {search !== '' &&
          (found.data?.data ?? [])
            .filter((item) => !chosen.has(item.id))
            .map((item) => (
              <li key={item.id}>
                <div className="grow subdued">
                  {item.sku} {item.title}
                </div>
                <Button onClick={() => setItems([...items, item])}>{t('policies.add')}</Button>
              </li>
            ))}
      </ul>
      <div className="footer">
        <Button onClick={props.done}>{t('common.cancel')}</Button>
        <Button
          primary
          busy={save.isPending}
          disabled={name.trim() === ''}
          onClick={() => save.mutate()}
        >
          {t('policies.saveGroup')}
        </Button>
      </div>
    </div>
  );
}
