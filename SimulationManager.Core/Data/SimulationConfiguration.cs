using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SimulationManager.Core.Model;

namespace SimulationManager.Core.Data;

internal sealed class SimulationConfiguration : IEntityTypeConfiguration<Simulation>
{
    public void Configure(EntityTypeBuilder<Simulation> builder)
    {
        builder.ToTable("simulations");
        builder.Property(simulation => simulation.Name).HasMaxLength(30);
        builder.Property(simulation => simulation.Description).HasMaxLength(100);
        builder.Property(simulation => simulation.MecId).HasMaxLength(50);
        builder.Property(simulation => simulation.Listen).IsJson().HasDefaultValueSql("'[]'");
        builder.Property(simulation => simulation.Record).IsJson();
        builder.Ignore(simulation => simulation.Namespace);
        builder.HasIndex(simulation => simulation.Name).IsUnique().HasFilter("deleted_at IS NULL");
        // A page far back counts its way through this index and reads only its own rows; the overview reads nothing but the next one.
        builder.HasIndex(simulation => new { simulation.CreatedAt, simulation.Id }).IsDescending().HasFilter("deleted_at IS NULL");
        builder.HasIndex(simulation => new { simulation.Status, simulation.LatestExecutionStatus })
            .HasDatabaseName("ix_simulations_overview").HasFilter("deleted_at IS NULL");
        builder.HasIndex(simulation => simulation.Status);
        builder.HasMany(simulation => simulation.Steps).WithOne().HasForeignKey(step => step.SimulationId);
        builder.HasMany(simulation => simulation.Groups).WithOne().HasForeignKey(group => group.SimulationId);
    }
}

internal sealed class SimulationStepConfiguration : IEntityTypeConfiguration<SimulationStep>
{
    public void Configure(EntityTypeBuilder<SimulationStep> builder)
    {
        builder.ToTable("simulation_steps");
        builder.Property(step => step.Playback).IsJson();
        builder.Property(step => step.Output).IsJson();
        builder.Property(step => step.Fleet).IsJson();
        builder.HasOne(step => step.Template).WithMany().HasForeignKey(step => step.TemplateId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(step => new { step.SimulationId, step.StepOrder }).IsUnique();
    }
}

internal sealed class SimulationGroupConfiguration : IEntityTypeConfiguration<SimulationGroup>
{
    public void Configure(EntityTypeBuilder<SimulationGroup> builder)
    {
        builder.ToTable("simulation_groups");
        builder.Property(group => group.Playback).IsJson();
        builder.Property(group => group.Output).IsJson();
        builder.Property(group => group.Fleet).IsJson();
        builder.Property(group => group.GroupName).HasMaxLength(255);
        builder.Property(group => group.AssignedArea).HasMaxLength(255);
        builder.HasOne(group => group.Template).WithMany().HasForeignKey(group => group.TemplateId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(group => group.SimulationId);
    }
}

internal sealed class InstanceConfiguration : IEntityTypeConfiguration<Instance>
{
    public void Configure(EntityTypeBuilder<Instance> builder)
    {
        builder.ToTable("instances");
        builder.Property(instance => instance.Name).HasMaxLength(255);
        builder.HasOne(instance => instance.Simulation).WithMany().HasForeignKey(instance => instance.SimulationId);
        builder.HasOne(instance => instance.Template).WithMany().HasForeignKey(instance => instance.TemplateId).OnDelete(DeleteBehavior.Restrict);
        builder.Property(instance => instance.Plan).IsJson();
        builder.HasIndex(instance => instance.SimulationId);
        // Silos look every few seconds for agents that ought to play and do not.
        builder.HasIndex(instance => instance.Id).HasDatabaseName("ix_instances_playing").HasFilter("status = 'RUNNING'");
    }
}
