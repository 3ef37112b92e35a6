namespace SimulationManager.Core.Model;

/// <summary>A secret that access tokens are signed with. Generated when configuration names none; kept here so that every API process has the same.</summary>
public sealed class SigningKey
{
    /// <summary>The token's <c>kid</c>.</summary>
    public required string Id { get; init; }

    /// <summary>256 random bits.</summary>
    public required byte[] Secret { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From when on it signs: later than <see cref="CreatedAt"/>, so that every process knows it before the first token comes.</summary>
    public required DateTimeOffset ActiveFrom { get; init; }
}
