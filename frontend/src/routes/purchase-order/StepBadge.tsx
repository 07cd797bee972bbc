// The state of a step, in words and in colour.
import { useTranslation } from 'react-i18next';
import type { StepState } from '../../api/steps';
import { Badge } from '../../ui/elements';

const TONES = {
  done: 'success',
  act: 'warning',
  wait: 'info',
  late: 'critical',
  ahead: 'neutral',
  none: 'neutral',
} as const;

export function StepBadge({ state }: { state: StepState }) {
  const { t } = useTranslation();
  return <Badge tone={TONES[state]}>{t(`steps.states.${state}`)}</Badge>;
}
