using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace SimulationManager.LocalMqtt;

/// <summary>
/// Sends a client no more messages at once than it said that it takes (Receive Maximum; MQTT 5, section 4.9): those of quality 1 and 2 that
/// are not acknowledged. The others wait in their order.
/// </summary>
/// <param name="maxWaiting">Messages that wait; of more, the oldest are dropped.</param>
/// <param name="send">Sends a message.</param>
internal sealed class SendQuota(int maxWaiting, Func<MqttPublishPacket, Task> send)
{
    private readonly Lock _lock = new();
    private readonly Queue<MqttPublishPacket> _waiting = [];
    private int _maximum = ushort.MaxValue;
    private int _free = ushort.MaxValue;
    private bool _isSending;

    /// <summary>What the client takes at once; 0: it did not say, and takes the most.</summary>
    public void Limit(ushort receiveMaximum)
    {
        lock (_lock) _maximum = _free = receiveMaximum == 0 ? ushort.MaxValue : receiveMaximum;
    }

    /// <summary>Whether a message may be sent at once; if not, it is sent when others are acknowledged.</summary>
    public bool Admit(MqttPublishPacket message)
    {
        if (message.QualityOfServiceLevel == MqttQualityOfServiceLevel.AtMostOnce) return true;
        lock (_lock)
        {
            if (_free > 0 && _waiting.Count == 0 && !_isSending)
            {
                _free--;
                return true;
            }
            if (_waiting.Count == maxWaiting) _waiting.Dequeue();
            _waiting.Enqueue(message);
            return false;
        }
    }

    /// <summary>The client needs no more for a message that it has, or has refused.</summary>
    public void Release(MqttPacket packet)
    {
        if (packet is not (MqttPubAckPacket or MqttPubCompPacket or MqttPubRecPacket { ReasonCode: >= MqttPubRecReasonCode.UnspecifiedError })) return;
        lock (_lock)
        {
            // A client may acknowledge what it never got.
            if (_free < _maximum) _free++;
            if (_isSending || _waiting.Count == 0) return;
            _isSending = true;
        }
        // Not awaited: whoever reads acknowledgements must not wait for a client that does not read.
        _ = SendWaitingAsync();
    }

    private async Task SendWaitingAsync()
    {
        while (true)
        {
            MqttPublishPacket next;
            lock (_lock)
            {
                if (_free == 0 || _waiting.Count == 0)
                {
                    _isSending = false;
                    return;
                }
                _free--;
                next = _waiting.Dequeue();
            }
            // A connection that has ended throws, and then nothing more is sent; the server sees the end when it reads.
            await send(next).ConfigureAwait(false);
        }
    }
}
