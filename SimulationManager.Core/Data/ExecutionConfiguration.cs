using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SimulationManager.Core.Model;

namespace SimulationManager.Core.Data;

internal sealed class ExecutionConfiguration : IEntityTypeConfiguration<Execution>
{
    public void Configure(EntityTypeBuilder<Execution> builder)
    {
        builder.ToTable("executions");
        builder.Property(execution => execution.Plan).IsJson();
        builder.Property(execution => execution.Lateness).IsJson();
        builder.Property(execution => execution.StateVersion).IsConcurrencyToken();
        builder.HasOne(execution => execution.Simulation).WithMany().HasForeignKey(execution => execution.SimulationId);
        builder.HasMany(execution => execution.Parts).WithOne().HasForeignKey(part => part.ExecutionId);
        builder.HasIndex(execution => new { execution.SimulationId, execution.Id }).IsDescending(false, true);
        // One run of a simulation at a time, whoever asks.
        builder.HasIndex(execution => execution.SimulationId)
            .HasDatabaseName("ux_executions_one_active_per_simulation")
            .IsUnique()
            .HasFilter("status IN ('PENDING', 'RUNNING')");
    }
}

internal sealed class ExecutionPartConfiguration : IEntityTypeConfiguration<ExecutionPart>
{
    public void Configure(EntityTypeBuilder<ExecutionPart> builder)
    {
        builder.ToTable("execution_parts");
        builder.HasKey(part => new { part.ExecutionId, part.Number });
        builder.Property(part => part.Lateness).IsJson();
        builder.Property(part => part.AgentChanges).IsJson().HasDefaultValueSql("'[]'");
        builder.Property(part => part.InjectedFaults).IsJson().HasDefaultValueSql("'[]'");
        builder.Property(part => part.Gaps).IsJson().HasDefaultValueSql("'[]'");
        builder.Property(part => part.DroppedByTopic).IsJson().HasDefaultValueSql("'{}'");
        builder.Property(part => part.Endpoints).IsJson().HasDefaultValueSql("'[]'");
        builder.Property(part => part.Faults).IsJson().HasDefaultValueSql("'{}'");
    }
}

internal sealed class ExecutionInstanceConfiguration : IEntityTypeConfiguration<ExecutionInstance>
{
    public void Configure(EntityTypeBuilder<ExecutionInstance> builder)
    {
        builder.ToTable("execution_instances");
        builder.HasKey(instance => new { instance.ExecutionId, instance.InstanceId });
        builder.Property(instance => instance.InstanceId).ValueGeneratedNever();
        builder.Property(instance => instance.Endpoints).IsJson().HasDefaultValueSql("'[]'");
        builder.Property(instance => instance.Faults).IsJson().HasDefaultValueSql("'{}'");
        builder.HasOne<Execution>().WithMany().HasForeignKey(instance => instance.ExecutionId);
    }
}

internal sealed class ExecutionCohortConfiguration : IEntityTypeConfiguration<ExecutionCohort>
{
    public void Configure(EntityTypeBuilder<ExecutionCohort> builder)
    {
        builder.ToTable("execution_cohorts");
        builder.HasKey(cohort => new { cohort.ExecutionId, cohort.CohortId });
        builder.Property(cohort => cohort.CohortId).ValueGeneratedNever();
        builder.HasOne<Execution>().WithMany().HasForeignKey(cohort => cohort.ExecutionId);
    }
}

internal sealed class ExecutionRecordingConfiguration : IEntityTypeConfiguration<ExecutionRecording>
{
    public void Configure(EntityTypeBuilder<ExecutionRecording> builder)
    {
        builder.ToTable("execution_recordings");
        builder.Property(recording => recording.Topics).IsJson();
        builder.Property(recording => recording.Gaps).IsJson();
        builder.HasOne<Execution>().WithMany().HasForeignKey(recording => recording.ExecutionId);
        builder.HasIndex(recording => new { recording.ExecutionId, recording.FileName }).IsUnique();
    }
}
