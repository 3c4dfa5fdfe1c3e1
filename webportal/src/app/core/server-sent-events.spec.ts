import { EventParser } from './server-sent-events';

describe('EventParser', () => {
  it('gives events that are complete, whatever the pieces', () => {
    const parser = new EventParser();
    expect(parser.take('retry: 1000\nid: 4\n\nid: 5\nevent: bid\nda')).toEqual([]);
    expect(parser.take('ta: {"a":\ndata: 1}\n')).toEqual([]);
    expect(parser.take('\n: \n\n')).toEqual([{ id: '5', kind: 'bid', data: '{"a":\n1}' }]);
  });

  it('keeps the last id, and calls an event without a name a message', () => {
    const parser = new EventParser();
    parser.take('id: 7\n\n');
    expect(parser.take('data: x\r\n\r\n')).toEqual([{ id: '7', kind: 'message', data: 'x' }]);
  });
});
