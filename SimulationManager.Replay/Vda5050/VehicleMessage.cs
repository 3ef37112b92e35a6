namespace SimulationManager.Replay.Vda5050;

/// <summary>A message that a vehicle publishes.</summary>
/// <param name="Topic">The whole MQTT topic.</param>
/// <param name="Payload">JSON, UTF-8. Nobody else holds it: it may be kept and sent later.</param>
/// <param name="QualityOfService">1 on <c>connection</c>, else 0 (chapter 6.2 of 2.1.0, 4.1 of 3.0.0).</param>
/// <param name="Retain">True on <c>connection</c> and <c>factsheet</c>.</param>
public readonly record struct VehicleMessage(string Topic, ReadOnlyMemory<byte> Payload, int QualityOfService, bool Retain);

/// <summary>What a received message asks of the agent that a vehicle stands for.</summary>
public enum VehicleCommand
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>To pause its replay (<c>startPause</c>).</summary>
    Pause,

    /// <summary>To go on with its replay (<c>stopPause</c>).</summary>
    Resume,
}
