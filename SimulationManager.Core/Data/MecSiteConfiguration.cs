using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SimulationManager.Core.Model;

namespace SimulationManager.Core.Data;

internal sealed class MecSiteConfiguration : IEntityTypeConfiguration<MecSite>
{
    public void Configure(EntityTypeBuilder<MecSite> builder)
    {
        builder.ToTable("mec_sites");
        builder.Property(site => site.Name).HasMaxLength(50);
        builder.Property(site => site.Description).HasMaxLength(255);
        builder.Property(site => site.Endpoint).HasMaxLength(2000);
        builder.HasIndex(site => site.Name).IsUnique();
    }
}
