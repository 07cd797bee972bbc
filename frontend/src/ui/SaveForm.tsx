// A form of settings. From the first change on, the admin shows its own bar to save or discard, and asks
// before somebody leaves the screen with changes.
import { type ReactNode, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './elements';

export function SaveForm(props: {
  busy: boolean;
  onSave: () => void;
  onDiscard: () => void;
  /** What the button says; without it, that it saves. */
  label?: string;
  disabled?: boolean;
  /** Buttons beside it. */
  beside?: ReactNode;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const form = useRef<HTMLFormElement>(null);
  return (
    <form
      ref={form}
      className="saved"
      data-save-bar=""
      onSubmit={(event) => {
        event.preventDefault();
        props.onSave();
      }}
      // What the fields show is ours to set back.
      onReset={(event) => {
        event.preventDefault();
        props.onDiscard();
      }}
    >
      {props.children}
      <div className="buttons">
        <Button
          primary
          busy={props.busy}
          disabled={props.disabled ?? false}
          onClick={() => form.current?.requestSubmit()}
        >
          {props.label ?? t('common.save')}
        </Button>
        {props.beside}
      </div>
    </form>
  );
}
