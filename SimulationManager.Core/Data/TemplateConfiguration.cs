using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SimulationManager.Core.Model;

namespace SimulationManager.Core.Data;

internal sealed class TemplateConfiguration : IEntityTypeConfiguration<Template>
{
    public void Configure(EntityTypeBuilder<Template> builder)
    {
        builder.ToTable("templates");
        builder.Property(template => template.Name).HasMaxLength(255);
        builder.Property(template => template.Type).HasMaxLength(255);
        builder.Property(template => template.Files).IsJson();
        builder.Property(template => template.Bag).IsJson();
        builder.HasIndex(template => template.Name).IsUnique().HasFilter("deleted_at IS NULL");
    }
}
