// One rule: when it fits, and what it answers.
import { useTranslation } from 'react-i18next';
import type { AnswerRule } from '../../api/answering';
import { Button, Card, Checkbox, NumberField, Select, TextField } from '../../ui/elements';

const TYPES = ['RegularOrder', 'RushOrder', 'NewProductIntroduction', 'ConsignedOrder'];
const ANSWERS = ['in_full', 'as_held', 'ask'] as const;

export function Rule(props: {
  rule: AnswerRule;
  place: number;
  change: (rule: AnswerRule) => void;
  earlier?: () => void;
  remove: () => void;
}) {
  const { t } = useTranslation();
  const { rule } = props;
  const set = (said: Partial<AnswerRule>) => props.change({ ...rule, ...said });
  const whole = (value: string, otherwise: number) => Number.parseInt(value, 10) || otherwise;
  return (
    <Card heading={t('rules.rule', { place: props.place })}>
      <div className="filters">
        <TextField label={t('rules.name')} value={rule.name} onChange={(name) => set({ name })} />
        <Select
          label={t('rules.answer')}
          value={rule.answer}
          onChange={(answer) => set({ answer: answer as AnswerRule['answer'] })}
          options={ANSWERS.map((one) => ({ value: one, label: t(`rules.answers.${one}`) }))}
        />
      </div>
      <div className="filters">
        <NumberField
          label={t('rules.leastHeld')}
          max={100}
          value={String(rule.least_held_percent)}
          onChange={(value) => set({ least_held_percent: whole(value, 1) })}
        />
        <Select
          label={t('rules.cost')}
          value={rule.cost}
          onChange={(cost) => set({ cost: cost as AnswerRule['cost'] })}
          options={['not_lower', 'as_agreed', 'any'].map((one) => ({
            value: one,
            label: t(`rules.costs.${one}`),
          }))}
        />
        {rule.cost !== 'any' && (
          <NumberField
            label={t(rule.cost === 'as_agreed' ? 'rules.toleranceBoth' : 'rules.tolerance')}
            max={50}
            value={String(rule.cost_tolerance_percent)}
            onChange={(value) => set({ cost_tolerance_percent: whole(value, 0) })}
          />
        )}
      </div>
      <div className="filters">
        <NumberField
          label={t('rules.mostUnits')}
          details={t('rules.emptyIsAny')}
          value={rule.most_units === null ? '' : String(rule.most_units)}
          onChange={(value) => set({ most_units: value ? whole(value, 1) : null })}
        />
        <TextField
          label={t('rules.vendorCode')}
          details={t('rules.emptyIsAny')}
          value={rule.vendor_code ?? ''}
          onChange={(value) => set({ vendor_code: value.trim() || null })}
        />
        <Select
          label={t('rules.type')}
          value={rule.order_type ?? ''}
          onChange={(type) => set({ order_type: type || null })}
          options={[
            { value: '', label: t('common.all') },
            ...TYPES.map((one) => ({ value: one, label: t(`rules.types.${one}`) })),
          ]}
        />
      </div>
      <div className="filters">
        <Checkbox
          label={t('rules.active')}
          checked={rule.active}
          onChange={(active) => set({ active })}
        />
        {props.earlier && <Button onClick={props.earlier}>{t('rules.earlier')}</Button>}
        <Button onClick={props.remove}>{t('rules.remove')}</Button>
      </div>
    </Card>
  );
}
