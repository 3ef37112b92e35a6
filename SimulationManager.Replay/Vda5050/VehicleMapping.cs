namespace SimulationManager.Replay.Vda5050;

/// <summary>Where in a recording a vehicle's movement is read. What is null is found by the types of the topics (<see cref="VehicleReader"/>).</summary>
public sealed record VehicleMapping
{
    /// <summary>The pose.</summary>
    public VehicleField? Pose { get; init; }

    /// <summary>The velocity, in the robot's coordinates.</summary>
    public VehicleField? Velocity { get; init; }

    /// <summary>The battery's charge.</summary>
    public VehicleField? Battery { get; init; }
}

/// <summary>A field of a topic's messages.</summary>
/// <param name="Topic">The topic as recorded.</param>
/// <param name="Path">
/// Names joined by dots. Of a pose: a <c>geometry_msgs/Pose</c> or <c>Transform</c>, or a message with the numbers <c>x</c>, <c>y</c> and
/// <c>theta</c>. Of a velocity: a <c>geometry_msgs/Twist</c>, or a message with <c>linear_velocity</c> and <c>angular_velocity</c>. Of a
/// charge: a number. Null or empty: what the type is known for; else, the whole message.
/// </param>
/// <param name="Scale">Of a charge: what to multiply it by to have percent. Null: 100 for a <c>sensor_msgs/BatteryState</c>, else 1.</param>
public sealed record VehicleField(string Topic, string? Path = null, double? Scale = null);

/// <summary>A topic of a recording, with the type of its messages.</summary>
/// <param name="Name">The name as recorded.</param>
/// <param name="Schema">The type.</param>
public sealed record VehicleTopic(string Name, RosMessages.MessageSchema Schema);

/// <summary>A mapping that does not fit the recording. The message says what is wrong.</summary>
public sealed class VehicleMappingException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">The cause.</param>
    public VehicleMappingException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
