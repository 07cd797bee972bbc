// What is said once of shipping to Amazon: the GS1 company prefix and where shipments leave from.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import { useResource } from '../../api/queries';
import type { Address, ShippingSettings } from '../../api/shipping';
import { toast } from '../../shell/appBridge';
import { Button, Card, TextField } from '../../ui/elements';
import { Failure, Loaded } from '../../ui/patterns';
import { SaveForm } from '../../ui/SaveForm';

const FIELDS = [
  'name',
  'address_line',
  'city',
  'state_or_region',
  'postal_code',
  'country_code',
  'warehouse_code',
] as const;
const OPTIONAL = ['state_or_region', 'warehouse_code'];

export function Shipping() {
  const { t } = useTranslation();
  const query = useResource<ShippingSettings>('/shipping-settings');
  return (
    <Card heading={t('shipping.settings')}>
      <Loaded query={query}>
        {(settings) => (
          <>
            <Prefix stored={settings.gs1_company_prefix} />
            {settings.places.map((place) => (
              <Place key={place.location.id} place={place} />
            ))}
          </>
        )}
      </Loaded>
    </Card>
  );
}

function useSaved(path: string) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: unknown) => send('PUT', path, body),
    onSuccess: () => {
      toast(t('common.saved'));
      return queries.invalidateQueries();
    },
  });
}

function Prefix({ stored }: { stored: string | null }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState<string | null>(null);
  const save = useSaved('/shipping-settings');
  return (
    <>
      {save.error && <Failure error={save.error} />}
      <SaveForm
        busy={save.isPending}
        disabled={typed === null}
        onSave={() => save.mutate({ gs1_company_prefix: typed || null })}
        onDiscard={() => setTyped(null)}
      >
        <TextField
          label={t('shipping.prefix')}
          details={t('shipping.prefixHint')}
          value={typed ?? stored ?? ''}
          onChange={setTyped}
        />
      </SaveForm>
    </>
  );
}

function Place({ place }: { place: ShippingSettings['places'][number] }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [changed, setChanged] = useState<Partial<Address>>({});
  const save = useSaved(`/shipping-settings/ship-from/${place.location.id}`);
  const known = place.ship_from;
  const value = (name: (typeof FIELDS)[number]) => changed[name] ?? known?.[name] ?? '';
  if (!open)
    return (
      <p>
        <strong>{place.location.name}</strong>{' '}
        <span className="subdued">
          {known
            ? [known.name, known.address_line, known.city, known.country_code].join(', ')
            : t('shipping.noAddress')}
        </span>{' '}
        <Button onClick={() => setOpen(true)}>{t('shipping.address')}</Button>
      </p>
    );
  const body = Object.fromEntries(
    FIELDS.map((name) => [name, value(name) || (OPTIONAL.includes(name) ? null : '')]),
  );
  return (
    <>
      {save.error && <Failure error={save.error} />}
      <strong>{place.location.name}</strong>
      <SaveForm
        busy={save.isPending}
        onSave={() => save.mutate(body, { onSuccess: () => setOpen(false) })}
        onDiscard={() => setChanged({})}
      >
        <div className="filters tight">
          {FIELDS.map((name) => (
            <TextField
              key={name}
              label={t(`shipping.addressFields.${name}`)}
              value={value(name)}
              onChange={(text) => setChanged({ ...changed, [name]: text })}
            />
          ))}
        </div>
      </SaveForm>
    </>
  );
}
