namespace Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;

/// <summary>How a database context connects. Configuration: <c>Aspire:Npgsql:EntityFrameworkCore:PostgreSQL</c>, and below it a section with the context's name.</summary>
public sealed class NpgsqlEntityFrameworkCorePostgreSQLSettings
{
    /// <summary>Connection string; <c>ConnectionStrings:&lt;name&gt;</c> wins over the section's.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>True: a command that failed for a passing reason is not tried again.</summary>
    public bool DisableRetry { get; set; }

    public bool DisableHealthChecks { get; set; }

    public bool DisableTracing { get; set; }

    public bool DisableMetrics { get; set; }

    /// <summary>Seconds that a command may take; the driver's own 30 unless given.</summary>
    public int? CommandTimeout { get; set; }
}
