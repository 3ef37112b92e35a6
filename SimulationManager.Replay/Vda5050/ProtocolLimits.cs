namespace SimulationManager.Replay.Vda5050;

/// <summary>What a vehicle accepts, as its factsheet says: whoever sends, a vehicle takes little memory and answers with short states.</summary>
internal static class ProtocolLimits
{
    /// <summary>Bytes of a message.</summary>
    public const int MessageLength = 256 * 1024;

    /// <summary>Nesting of JSON. The deepest that the standard has is 7 outside of parameters.</summary>
    public const int Depth = 32;

    /// <summary>Characters of ids and types.</summary>
    public const int IdLength = 256;

    /// <summary>Nodes of an order, and of the rest of one with its update.</summary>
    public const int Nodes = 500;

    /// <summary>Actions of a node or an edge, and of a message of instant actions.</summary>
    public const int Actions = 100;

    /// <summary>Actions of an order that its state tells of, done ones included.</summary>
    public const int ActionStates = 1000;

    /// <summary>Instant actions that the state tells of.</summary>
    public const int InstantActionStates = 100;

    /// <summary>References of an error.</summary>
    public const int ErrorReferences = 8;
}
