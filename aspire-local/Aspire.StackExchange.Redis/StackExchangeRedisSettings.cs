namespace Aspire.StackExchange.Redis;

/// <summary>How a Redis client connects. Configuration: <c>Aspire:StackExchange:Redis</c>, and below it a section with the connection's name.</summary>
public sealed class StackExchangeRedisSettings
{
    /// <summary>Connection string; <c>ConnectionStrings:&lt;name&gt;</c> wins over the section's.</summary>
    public string? ConnectionString { get; set; }

    public bool DisableHealthChecks { get; set; }

    public bool DisableTracing { get; set; }
}
