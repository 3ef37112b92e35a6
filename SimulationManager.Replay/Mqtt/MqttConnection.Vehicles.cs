using System.Buffers;
using MQTTnet;
using MQTTnet.Protocol;
using SimulationManager.Replay.Vda5050;
using SimulationManager.Rosbag2;

namespace SimulationManager.Replay;

/// <summary>An agent that is a vehicle: what it says follows from its recording, from what it is sent, and from time.</summary>
internal sealed partial class MqttConnection
{
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(1);

    private DateTimeOffset Now => _sink.Plan.Time.GetUtcNow();

    /// <summary>What the vehicle has to know to go on elsewhere; null: the agent is none.</summary>
    public async Task<byte[]?> SaveAsync()
    {
        if (_agent?.Vehicle is not { } vehicle) return null;
        using var turn = await TurnAsync(CancellationToken.None);
        return vehicle.Vehicle.Save();
    }

    private async ValueTask ObserveAsync(MqttVehicle vehicle, ReadOnlyMemory<ReplayMessage> messages, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken);
        for (var i = 0; i < messages.Length; i++)
        {
            var message = messages.Span[i];
            if (!vehicle.IsRead(message)) continue;
            try
            {
                vehicle.Observe(message, await message.ReadAsync(cancellationToken), Now);
            }
            catch (BagFormatException)
            {
                CountLost(message, LossReason.Payload);
            }
        }
        await SayAsync(vehicle, cancellationToken);
    }

    /// <summary>Listens, and tells that the vehicle is there.</summary>
    private async Task IntroduceAsync(MqttVehicle vehicle, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken);
        var subscriptions = new MqttClientSubscribeOptionsBuilder();
        foreach (var topic in vehicle.Vehicle.Subscriptions) subscriptions.WithTopicFilter(topic);
        await _client.SubscribeAsync(subscriptions.Build(), cancellationToken);
        vehicle.Vehicle.Connected(Now, vehicle.Due);
        await SayAsync(vehicle, cancellationToken);
        // One that was paused by an instant action before it came here.
        if (vehicle.Vehicle.IsPaused) _sink.Plan.Hold?.Invoke(_agent!.Number, true);
    }

    private async Task ReceiveAsync(MqttVehicle vehicle, MqttApplicationMessage message)
    {
        using var turn = await TurnAsync(_stopping.Token);
        var command = vehicle.Vehicle.Receive(message.Topic, message.Payload.ToArray(), Now, vehicle.Due);
        if (command != VehicleCommand.None) _sink.Plan.Hold?.Invoke(_agent!.Number, command == VehicleCommand.Pause);
        await SayAsync(vehicle, _stopping.Token);
    }

    /// <summary>Says what falls due with time alone, until the connection is lost.</summary>
    private async Task TickAsync(MqttVehicle vehicle, MqttSession session)
    {
        while (!session.Lost.Task.IsCompleted)
        {
            TimeSpan wait;
            using (await TurnAsync(_stopping.Token))
            {
                vehicle.Vehicle.Tick(Now, vehicle.Due);
                await SayAsync(vehicle, _stopping.Token);
                wait = vehicle.Vehicle.NextDue - Now;
            }
            if (wait < TimeSpan.FromMilliseconds(1)) wait = TimeSpan.FromMilliseconds(1);
            await Task.Delay(wait < LongestTick ? wait : LongestTick, _sink.Plan.Time, _stopping.Token);
        }
    }

    /// <summary>Publishes what the vehicle has to say. What it says while it is away is lost, as it is with a real one.</summary>
    private async ValueTask SayAsync(MqttVehicle vehicle, CancellationToken cancellationToken)
    {
        var counter = _agent!.Counter;
        foreach (var message in vehicle.Due)
        {
            if (!_client.IsConnected)
            {
                counter.CountLost(LossReason.Disconnected);
                continue;
            }
            try
            {
                var result = await _client.PublishAsync(
                    new MqttApplicationMessage
                    {
                        Topic = message.Topic,
                        Payload = new ReadOnlySequence<byte>(message.Payload),
                        Retain = message.Retain,
                        QualityOfServiceLevel = (MqttQualityOfServiceLevel)message.QualityOfService,
                        ContentType = "application/json",
                    },
                    cancellationToken);
                counter.CountSaid(message.Payload.Length, message.QualityOfService > 0 && result.IsSuccess);
            }
            catch (Exception exception) when (IsConnectionFailure(exception))
            {
                counter.CountLost(LossReason.Disconnected);
            }
        }
        vehicle.Due.Clear();
    }

    private async ValueTask<Turn> TurnAsync(CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        return new Turn(_sending);
    }

    private readonly struct Turn(SemaphoreSlim turns) : IDisposable
    {
        public void Dispose() => turns.Release();
    }
}
