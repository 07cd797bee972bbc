// The truck: who carries it, by which numbers, and when.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useResource } from '../../api/queries';
import type { Shipment } from '../../api/shipping';
import type { Page, Place } from '../../api/types';
import { toast } from '../../shell/appBridge';
import { Button, Card, Select, TextField } from '../../ui/elements';
import { useFormat } from '../../ui/format';
import { Failure } from '../../ui/patterns';
import { useStep } from './change';

const TYPES = ['TruckLoad', 'LessThanTruckLoad', 'SmallParcel'];
const WORDS = ['carrier_code', 'carrier_reference', 'bill_of_lading', 'amazon_reference'] as const;
const TIMES = ['departs_at', 'estimated_delivery_at'] as const;
type Field =
  | (typeof WORDS)[number]
  | (typeof TIMES)[number]
  | 'type'
  | 'weight'
  | 'weight_unit'
  | 'location_id';

export function Truck({ shipment }: { shipment: Shipment }) {
  const { t } = useTranslation();
  const { time, toInput, fromInput } = useFormat();
  const places = useResource<Page<Place & { active: boolean }>>('/locations');
  const [changed, setChanged] = useState<Partial<Record<Field, string>>>({});
  const step = useStep(shipment, () => {
    toast(t('common.saved'));
    setChanged({});
  });
  const stored = (name: Field) => {
    if (name === 'location_id') return String(shipment.location.id);
    const value = shipment[name] ?? '';
    return value && (name === 'departs_at' || name === 'estimated_delivery_at')
      ? toInput(value)
      : value;
  };
  const field = (name: Field) => ({
    label: t(`shipping.fields.${name}`),
    value: changed[name] ?? stored(name),
    onChange: (value: string) => setChanged({ ...changed, [name]: value }),
  });
  const wire = (name: Field, value: string) => {
    if (name === 'location_id') return Number(value);
    if (name === 'carrier_code') return value.toUpperCase() || null;
    if (value && (name === 'departs_at' || name === 'estimated_delivery_at'))
      return fromInput(value);
    return value || null;
  };
  const save = () => {
    const body = Object.fromEntries(
      Object.entries(changed).map(([name, value]) => [name, wire(name as Field, value)]),
    );
    if ('weight' in changed || 'weight_unit' in changed) {
      const weight = changed.weight ?? shipment.weight;
      body.weight = weight || null;
      body.weight_unit = weight ? changed.weight_unit || shipment.weight_unit || 'Lb' : null;
    }
    step.mutate({ method: 'PUT', path: '', body });
  };
  if (!shipment.may_be_changed)
    return (
      <Card heading={t('shipping.truck')}>
        <ul className="plain">
          {WORDS.map((name) => (
            <li key={name}>
              <span className="subdued">{t(`shipping.fields.${name}`)}</span>{' '}
              {shipment[name] ?? '–'}
            </li>
          ))}
          <li>
            <span className="subdued">{t('shipping.fields.shipped_at')}</span>{' '}
            {time(shipment.shipped_at)}
          </li>
        </ul>
      </Card>
    );
  return (
    <Card heading={t('shipping.truck')}>
      {step.error && <Failure error={step.error} />}
      <div className="filters tight">
        <Select
          {...field('location_id')}
          options={(places.data?.data ?? [shipment.location]).map((one) => ({
            value: String(one.id),
            label: one.name,
          }))}
        />
        <Select
          {...field('type')}
          options={[
            { value: '', label: '–' },
            ...TYPES.map((one) => ({ value: one, label: t(`shipping.types.${one}`) })),
          ]}
        />
        {WORDS.filter(
          (name) => name !== 'amazon_reference' || shipment.freight_term === 'Collect',
        ).map((name) => (
          <TextField key={name} {...field(name)} />
        ))}
        <TextField {...field('weight')} />
        <Select
          {...field('weight_unit')}
          options={['Lb', 'Kg'].map((one) => ({ value: one, label: one.toLowerCase() }))}
        />
        {TIMES.map((name) => (
          <label className="plain" key={name}>
            {t(`shipping.fields.${name}`)}
            <input
              type="datetime-local"
              value={field(name).value}
              onChange={(event) => field(name).onChange(event.target.value)}
            />
          </label>
        ))}
      </div>
      {!shipment.estimated_delivery_at && shipment.expected_at && (
        <p className="subdued">
          {t('shipping.assumedDelivery', { when: time(shipment.expected_at) })}
        </p>
      )}
      <Button busy={step.isPending} disabled={Object.keys(changed).length === 0} onClick={save}>
        {t('common.save')}
      </Button>
    </Card>
  );
}
